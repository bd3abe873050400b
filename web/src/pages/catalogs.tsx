// Catalogs: whose they are and what is in them.
import { useState } from 'preact/hooks';
import { readCatalogs, type CatalogRow } from '../lib/catalogs';
import { useMay, useSession } from '../lib/session';
import { utc } from '../lib/text';
import { NewCatalogDialog } from '../dialogs/newcatalog';
import { plain } from '../parts/certificate';
import { Grid, type Column } from '../parts/grid';
import { Link } from '../parts/link';

const COLUMNS: Column<CatalogRow>[] = [
  { title: 'Name', sort: 'name', cell: (r) => <Link to={['content', 'catalogs', r.urn]}>{plain(r.name)}</Link> },
  { title: 'Description', cell: (r) => plain(r.description) },
  { title: 'Organization', sort: 'orgName', cell: (r) => plain(r.org) },
  { title: 'Templates', sort: 'numberOfVAppTemplates', narrow: true, cell: (r) => r.templates },
  { title: 'Media', sort: 'numberOfMedia', narrow: true, cell: (r) => r.media },
  { title: 'Owner', sort: 'ownerName', cell: (r) => plain(r.owner) },
  { title: 'Created', sort: 'creationDate', narrow: true, cell: (r) => utc(r.made).slice(0, 16) },
];

export function CatalogsPage() {
  const provider = useSession().provider;
  const may = useMay('Catalog: Create / Delete a Catalog');
  const [adding, setAdding] = useState(false);
  return (
    <>
      <h1>Catalogs</h1>
      <Grid label="Catalogs" path={`/api/query?type=${provider ? 'adminCatalog' : 'catalog'}&format=records`} kinds={['catalog']} columns={COLUMNS}
        rowKey={(r) => r.urn} sort="name" search="name" read={readCatalogs} empty="There is no catalog yet."
        tools={may && <button type="button" class="btn btn-sm" onClick={() => setAdding(true)}>New</button>} />
      {adding && <NewCatalogDialog onClose={() => setAdding(false)} />}
    </>
  );
}
